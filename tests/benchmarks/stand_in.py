"""A server that answers at once; `/v1/annotate` refuses.

`/most` says how many photos it had at the same time since it was last asked.
"""

import asyncio
import sys

import uvicorn
from fastapi import FastAPI, UploadFile

app = FastAPI()
app.state.now = app.state.most = 0


@app.get("/livez")
@app.get("/readyz")
async def health():
    return "ok"


@app.get("/most")
async def most():
    most, app.state.most = app.state.most, 0
    return most


@app.post("/v1/predict")
async def predict(photo: UploadFile):
    app.state.now += 1
    app.state.most = max(app.state.most, app.state.now)
    await asyncio.sleep(0.01)
    app.state.now -= 1
    return len(await photo.read())


@app.post("/v1/annotate", status_code=503)
async def annotate():
    return "no"


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
