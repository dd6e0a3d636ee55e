"""Finds the function named by the handler setting: `package/module.function` (docs: python-handler)."""
import importlib
import sys

from .errors import RuntimeFault


def search_paths(root, environ):
    version = "python%d.%d" % sys.version_info[:2]
    layers = "/opt" if root == "/var/task" else f"{root}/../opt"
    paths = [root, f"{layers}/python/lib/{version}/site-packages", f"{layers}/python"]
    brought = [path for path in environ.get("PYTHONPATH", "").split(":") if path]
    sys.path[:0] = paths
    sys.path.extend(brought)


def load(handler):
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        raise RuntimeFault(
            "Runtime.MalformedHandlerName", f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
        )
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise RuntimeFault(
            "Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module_name} as a handler module"
        )
    module = _import(module_name.replace("/", "."), module_name)
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise RuntimeFault("Runtime.HandlerNotFound", message) from None


def _import(dotted, name):
    try:
        return importlib.import_module(dotted)
    except ImportError as error:
        message = f"Unable to import module '{name}': {error}"
        raise RuntimeFault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text or ""}']
        message = f"Syntax error in module '{name}': {error}"
        raise RuntimeFault("Runtime.UserCodeSyntaxError", message, trace) from error
