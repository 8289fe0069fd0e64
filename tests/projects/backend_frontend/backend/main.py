from fastapi import FastAPI

app = FastAPI()


@app.get("/api/stock")
def stock() -> dict[str, int]:
    return {"left": 3}
