from fasthtml.common import P, fast_app, serve

app, rt = fast_app()


@rt("/")
def get():
    return P("hello")


serve()
