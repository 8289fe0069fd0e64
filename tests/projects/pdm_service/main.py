from litestar import Litestar, get


@get("/")
async def index() -> str:
    return "ledger"


app = Litestar([index])
