# SPDX-License-Identifier: MIT
"""The service as it is commonly written: FastAPI in front of a scikit-learn model.

Validates with pydantic, predicts, and logs one JSON object for every prediction. The handler is a
coroutine, so that a prediction runs on the event loop: quicker here than FastAPI's thread pool.
"""

import json
import logging
import sys
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from model import IrisModel


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "timestamp": datetime.fromtimestamp(record.created).isoformat(),
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
            }
        )


handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(JsonFormatter())
logging.basicConfig(level=logging.INFO, handlers=[handler])
logger = logging.getLogger("main")

model: IrisModel | None = None


@asynccontextmanager
async def lifespan(_: FastAPI):
    global model
    model = IrisModel()
    logger.info("Model ready")
    yield


app = FastAPI(title="ml-inference", lifespan=lifespan)


class PredictRequest(BaseModel):
    features: list[float] = Field(min_length=4, max_length=4)


class PredictResponse(BaseModel):
    prediction: str
    prediction_index: int
    probabilities: dict[str, float]
    confidence: float


@app.post("/predict", response_model=PredictResponse)
async def predict(request: PredictRequest):
    if model is None:
        raise HTTPException(status_code=503, detail="Model not loaded")
    answer = model.predict(request.features)
    logger.info("Prediction successful: %s", answer["prediction"])
    return answer


@app.get("/health")
async def health():
    return {"status": "healthy"}


@app.get("/ready")
async def ready():
    if model is None:
        raise HTTPException(status_code=503, detail="Model not loaded")
    return {"status": "ready"}
