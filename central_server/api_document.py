"""The OpenAPI document: the schemas come from the structs of the wire, which never pass through pydantic."""

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from central_server.open_wire import FiguresAnswer, MonthsAnswer
from central_server.wire import (
    ChangesAnswer,
    DeviceAnswer,
    EnrolmentAnswer,
    EnrolmentRequest,
    Fault,
    HealthAnswer,
    HealthRequest,
    NewestReleaseAnswer,
    NotedAnswer,
    OperationsAnswer,
    OperationsRequest,
    TimeAnswer,
)

_REF = "#/components/schemas/{name}"


def _content(name: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=name)}}}


def _answers(name: str, **faults: str) -> dict[str, Any]:
    """The answers of a route: 200 with the struct `name`, and faults given as `s404="why"`."""
    answers = {"200": {"description": "Successful response", "content": _content(name)}}
    for status, why in faults.items():
        answers[status.removeprefix("s")] = {"description": why, "content": _content("Fault")}
    return answers


_NOT_LET_IN = {
    "s401": "not signed as the protocol says, or (`again`) without a fresh nonce",
    "s403": "not confirmed, revoked, or about another library or device",
}

OPERATIONS: dict[str, Any] = {
    "requestBody": {"required": True, "content": _content("OperationsRequest")},
    "responses": _answers(
        "OperationsAnswer",
        s400="not the JSON of the protocol (outside of an operation's body)",
        **_NOT_LET_IN,
        s413="more than 500 operations or more than 4 MiB",
        s503="the database is busy or full; nothing was recorded",
    ),
}
CHANGES: dict[str, Any] = {
    "responses": _answers(
        "ChangesAnswer",
        s400="a parameter is wrong",
        **_NOT_LET_IN,
        s410="the cursor is not known here: begin again from the empty cursor",
        s503="the database is busy",
    )
}
ENROLMENTS: dict[str, Any] = {
    "requestBody": {"required": True, "content": _content("EnrolmentRequest")},
    "responses": _answers(
        "EnrolmentAnswer",
        s400="not the JSON of the protocol",
        s401="not signed with the new key",
        s403="the token is not good for this station",
        s429="too many have failed from this address",
        s503="the database is busy or full",
    ),
}
DEVICE: dict[str, Any] = {"responses": _answers("DeviceAnswer", s401=_NOT_LET_IN["s401"], s503="the database is busy")}
AUTHORITY: dict[str, Any] = {
    "responses": {"200": {"description": "one certificate", "content": {"application/x-pem-file": {}}}}
}
TIME: dict[str, Any] = {"responses": _answers("TimeAnswer", s400="a parameter is wrong")}
NEWEST_RELEASE: dict[str, Any] = {
    "responses": _answers(
        "NewestReleaseAnswer", s400="a parameter is wrong", **_NOT_LET_IN, s503="the database is busy"
    )
}
RELEASE_PIECE: dict[str, Any] = {
    "responses": _answers(
        "NewestReleaseAnswer",
        s400="a parameter is wrong",
        **_NOT_LET_IN,
        s404="such a bundle is not here, or ends before that",
        s503="the database is busy",
    )
    | {
        "200": {
            "description": "the bytes that were asked for, fewer at the end",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}
HEALTH: dict[str, Any] = {"responses": _answers("HealthAnswer")}
TOLD_HEALTH: dict[str, Any] = {
    "requestBody": {"required": True, "content": _content("HealthRequest")},
    "responses": _answers(
        "NotedAnswer",
        s400="not the JSON of the protocol",
        **_NOT_LET_IN,
        s413="more than 16 KiB",
        s503="the database is busy or full",
    ),
}
SUPPORT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
    },
    "responses": _answers(
        "NotedAnswer",
        s400="not compressed by gzip",
        **_NOT_LET_IN,
        s413="more than 2,000,000 bytes",
        s503="the database is busy or full",
    ),
}
# For people and programs at the server's own machine.
_HERE_ONLY = {"403": {"description": "asked from another machine", "content": _content("Fault")}}
_LISTED = {"type": "object", "required": ["devices"], "properties": {"devices": {"type": "array"}}}
DEVICES: dict[str, Any] = {
    "responses": {
        "200": {"description": "every station", "content": {"application/json": {"schema": _LISTED}}},
        **_HERE_ONLY,
    }
}
METRICS: dict[str, Any] = {
    "responses": {
        "200": {
            "description": "Prometheus, text format 0.0.4",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **_HERE_ONLY,
    }
}
_WITH_KEY = {
    "s400": "a parameter is wrong",
    "s401": "no key, or none that is good any more",
    "s404": "no such organisation below that of the key, or no such figure",
    "s429": "asked too often in this minute",
    "s503": "the database is busy",
}
FIGURES: dict[str, Any] = {"responses": _answers("FiguresAnswer", **_WITH_KEY)}
FIGURES_BY_MONTH: dict[str, Any] = {"responses": _answers("MonthsAnswer", **_WITH_KEY)}


def attach(app: FastAPI) -> None:
    """Let `app` answer `/openapi.json` with the wire's own schemas."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, routes=app.routes)
            structs = (
                OperationsRequest,
                OperationsAnswer,
                ChangesAnswer,
                EnrolmentRequest,
                EnrolmentAnswer,
                DeviceAnswer,
                TimeAnswer,
                NewestReleaseAnswer,
                HealthAnswer,
                HealthRequest,
                NotedAnswer,
                FiguresAnswer,
                MonthsAnswer,
                Fault,
            )
            _, schemas = msgspec.json.schema_components(structs, ref_template=_REF)
            made.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
            # Parameters are refused with 400, as the protocol says, not with FastAPI's 422.
            for path in made["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            made["components"]["schemas"].pop("HTTPValidationError", None)
            made["components"]["schemas"].pop("ValidationError", None)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
