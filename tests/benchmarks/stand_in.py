"""A server that answers at once, but refuses the photo `refused`.

The photo `pair` is answered only while another one waits too, so that two at once can be seen
on the slowest machine; the photo `slow` takes SLOW_S.
`/seen` says how many photos it had since it was last asked, and how many at the same time.
"""

import asyncio
import sys
from collections import Counter
from typing import Annotated

import uvicorn
from fastapi import FastAPI, Form, HTTPException, UploadFile

SLOW_S = 0.5
app = FastAPI()
seen = Counter()
pair = asyncio.Barrier(2)


@app.get("/livez")
@app.get("/readyz")
async def health():
    return "ok"


@app.get("/seen")
async def report():
    counts = {"photos": seen["photos"], "most": seen["most"]}
    seen.clear()
    return counts


@app.post("/other")
async def answer_others(img: UploadFile, actions: Annotated[str, Form()]):
    if actions != "all":
        raise HTTPException(422)
    await answer(img)


@app.post("/v1/predict")
@app.post("/v1/annotate")
async def answer(photo: UploadFile):
    data = await photo.read()
    if data == b"refused":
        raise HTTPException(503)
    seen["photos"] += 1
    seen["now"] += 1
    seen["most"] = max(seen["most"], seen["now"])
    await (pair.wait() if data == b"pair" else asyncio.sleep(SLOW_S if data == b"slow" else 0.01))
    seen["now"] -= 1


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
