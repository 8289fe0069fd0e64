import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty

fun main() {
    embeddedServer(Netty, port = 8181, host = "0.0.0.0") {}.start(wait = true)
}
