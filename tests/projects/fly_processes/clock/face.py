from starlette.applications import Starlette

dial = Starlette()
