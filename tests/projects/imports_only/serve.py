import requests
import yaml
from bottle import Bottle, run

import rates_of_my_bank

app = Bottle()


@app.get("/")
def index() -> str:
    return yaml.safe_dump(requests.get(rates_of_my_bank.URL, timeout=5).json())


run(app, host="0.0.0.0", port=9002)
