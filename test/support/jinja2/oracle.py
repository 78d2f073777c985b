"""Renders templates with the real Jinja2, set up as docker-pkg sets it up.

Reads one JSON document from stdin, a list of {template, context, files}, and writes the list of
results: {"output": ...} or {"type": ..., "message": ...}. In contexts {"f": repr} is a float and
{"d": [[key, value], ...]} a dict; lists are lists.
"""
import json
import signal
import sys

from jinja2 import DictLoader, Environment, StrictUndefined


class TookTooLong(BaseException):
    pass


def give_up(*_):
    raise TookTooLong()


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if "f" in value:
            return float(value["f"])
        return {decode(key): decode(item) for key, item in value["d"]}
    return value


def render(case):
    files = dict(case["files"])
    files["main"] = case["template"]
    environment = Environment(
        extensions=["jinja2.ext.do"], undefined=StrictUndefined, loader=DictLoader(files)
    )
    environment.filters["shout"] = lambda text: str(text.upper()) + "!"
    try:
        signal.setitimer(signal.ITIMER_REAL, 2)
        output = environment.get_template("main").render(**decode(case["context"]))
        output.encode("utf-8")
        return {"output": output}
    except TookTooLong:
        return {"type": "TookTooLong", "message": ""}
    except BaseException as error:
        return {"type": type(error).__name__, "message": str(error)}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


signal.signal(signal.SIGALRM, give_up)
json.dump([render(case) for case in json.load(sys.stdin)], sys.stdout)
