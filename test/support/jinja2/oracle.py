"""Renders templates with the real Jinja2, set up as docker-pkg sets it up.

Reads one JSON document from stdin, {templates, cases}, where a case is {template, context, files}
with template and files as indices into templates; writes the list of results: {"output": ...} or
{"type": ..., "message": ...}. In contexts {"f": repr} is a float and {"d": [[key, value], ...]} a
dict; lists are lists.
"""
import json
import signal
import sys

from jinja2 import Environment, FunctionLoader, StrictUndefined


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


given = json.load(sys.stdin)
current = {}


def load(name):
    text = current.get(name)
    return None if text is None else (text, name, lambda: current.get(name) == text)


# Compiled once, as long as the text under a name stays the same.
environment = Environment(
    extensions=["jinja2.ext.do"], undefined=StrictUndefined, loader=FunctionLoader(load)
)
environment.filters["shout"] = lambda text: str(text.upper()) + "!"


def render(case):
    current.clear()
    current.update({name: given["templates"][index] for name, index in case["files"].items()})
    current["main"] = given["templates"][case["template"]]
    for template in environment.cache.values():
        # Each case imports anew, as each image does.
        template._module = None
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
json.dump([render(case) for case in given["cases"]], sys.stdout)
