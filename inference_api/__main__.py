"""`python -m inference_api serve | predict PHOTO... | doctor | key NAME`."""

import argparse
import io
import json
import logging
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import packages_distributions, version
from pathlib import Path

from pydantic import ValidationError

from inference_api.engines import load_pipeline, survey
from inference_api.engines.choice import MODULES, choose
from inference_api.errors import ModelUnusableError
from inference_api.http import logs
from inference_api.http.app import create_app
from inference_api.http.keys import new_key
from inference_api.http.schemas import PredictionReply
from inference_api.http.server import Server, server_config
from inference_api.offline import (
    OfflineOptions,
    OriginalsAtRiskError,
    Outcome,
    plan_copies,
    predict_files,
)
from inference_api.pipeline import Pipeline
from inference_api.settings import PREFIX, Settings
from inference_api.vision.labelling import Answer

_REJECTED, _UNUSABLE = 1, 2  # exit statuses: some photos; the settings or the models
_FAILED = 70  # the service cannot go on, and a new start may help (EX_SOFTWARE of sysexits.h)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (that of the terminal, without `argv`); returns the exit status."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name need not be UTF-8
            stream.reconfigure(errors="backslashreplace")
    try:
        settings = Settings()
        return _COMMANDS[arguments.command](settings, arguments)
    except ValidationError as error:
        for problem in error.errors():
            name = PREFIX + "_".join(map(str, problem["loc"])).upper()
            print(f"{name}: {problem['msg']}", file=sys.stderr)
    except (ModelUnusableError, OriginalsAtRiskError, OSError) as error:
        print(error, file=sys.stderr)
    return _UNUSABLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference_api", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="answer over HTTP")
    predict = commands.add_parser("predict", help="answer for photo files, without a server")
    predict.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    predict.add_argument("--annotated", type=Path, metavar="DIR", help="write annotated JPEGs here")
    predict.add_argument("--json", action="store_true", help="print one JSON object a photo")
    key = commands.add_parser("key", help="make an API key, and the line that lets it in")
    key.add_argument("name", help="whose it is, for the log")
    commands.add_parser("doctor", help="check the settings and the models, and say what is used")
    return parser


def _serve(settings: Settings, _arguments: argparse.Namespace) -> int:
    logs.configure(level=settings.log_level, form=settings.log_format)
    app = create_app(settings, _load(settings))
    server = Server(server_config(app, settings))
    try:
        server.run()
    finally:
        if not app.state.has_ended():  # Python would wait for threads that never end
            logging.shutdown()
            os._exit(_FAILED if server.failure else 0)
    return _FAILED if server.failure else 0


def _predict(settings: Settings, arguments: argparse.Namespace) -> int:
    options = OfflineOptions(arguments.annotated, settings.image_limits, settings.font_path)
    if options.annotated_dir:
        plan_copies(arguments.photos, options.annotated_dir)  # to refuse before the models load
    failed = 0
    outcomes = predict_files(_load(settings), arguments.photos, options)
    for number, outcome in enumerate(outcomes, start=1):
        copied = f" -> {outcome.annotated}" if outcome.annotated else ""
        print(f"{number}/{len(arguments.photos)} {outcome.path}{copied}", file=sys.stderr)
        failed += outcome.problem is not None
        print(_as_json(outcome) if arguments.json else _as_text(outcome))
    return _REJECTED if failed else 0


def _key(_settings: Settings, arguments: argparse.Namespace) -> int:
    key, line = new_key(arguments.name)
    print(line)
    print(f"The line above goes into the file of {PREFIX}KEYS_FILE; the key is shown only now:")
    print(key)
    return 0


def _doctor(settings: Settings, _arguments: argparse.Namespace) -> int:
    print(f"python      {platform.python_version()} on {platform.machine()}")
    verdicts = survey(settings.models_dir, pair=settings.models, engine="auto")
    allowed = [each for each in verdicts if settings.engine in ("auto", each.engine.runtime)]
    chosen = choose(allowed, settings.engine)
    for verdict in verdicts:
        found = verdict.objection or "fit"
        if verdict.engine == chosen:
            found = f"chosen, the first that is fit for {PREFIX}ENGINE={settings.engine}"
        print(f"engine      {verdict.engine!s:<18}  {found}")
    distribution = packages_distributions()[MODULES[chosen.runtime]][0]
    print(f"runtime     {distribution} {version(distribution)}")
    pipeline = _load(settings)
    for spec in (pipeline.localizer.spec, pipeline.classifier.spec):
        print(f"{spec.kind:<11} {spec.name} {spec.version}, {spec.input_size} px, files intact")
    print(f"speed       {pipeline.warm_up(max_batch=1) * 1000:.1f} ms a photo with one face")
    return 0


def _load(settings: Settings) -> Pipeline:
    return load_pipeline(
        settings.models_dir, pair=settings.models, engine=settings.engine, threads=settings.threads
    )


def _as_json(outcome: Outcome) -> str:
    document: dict[str, object] = {"photo": str(outcome.path)}
    if outcome.annotated:
        document["annotated"] = str(outcome.annotated)
    if outcome.prediction:
        reply = PredictionReply.of(outcome.prediction, request_id="")
        return json.dumps({**document, **reply.model_dump(exclude={"request_id"})})
    return json.dumps({**document, "problem": outcome.problem})


def _as_text(outcome: Outcome) -> str:
    if outcome.prediction is None:
        return f"{outcome.path}: {outcome.problem}"
    faces = [_face_text(face.answer) for face in outcome.prediction.faces]
    return f"{outcome.path}: {', '.join(faces) or 'no face'}"


def _face_text(said: Answer) -> str:
    return said.label if said.probability is None else f"{said.label} {said.probability:.0%}"


_COMMANDS: Mapping[str, Callable[[Settings, argparse.Namespace], int]] = {
    "serve": _serve,
    "predict": _predict,
    "doctor": _doctor,
    "key": _key,
}

if __name__ == "__main__":
    sys.exit(main())
