import agentscope
from fastapi import FastAPI

app = FastAPI()
agentscope.init(project="service")
