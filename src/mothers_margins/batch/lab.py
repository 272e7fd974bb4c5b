"""How `mothers-margins lab` starts kernels and opens notebooks; templates/jupyter_config.py names
these classes.
"""

from functools import cache
from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.kernelmanager import ServerKernelManager
from traitlets import default

NO_HISTORY = ("--HistoryManager.enabled=False", "--HistoryManager.hist_file=:memory:")


class LabKernelManager(ServerKernelManager):
    """Starts one kernel of JupyterLab, with an encrypted transport and without a history of what
    was typed.

    IPython would keep every line, an id in it too, in a file of the user. An argument of the kernel
    leaves the user's other settings of IPython as they are.
    """

    @default("transport_encryption")
    def _encrypted(self) -> str:
        return "required"  # other users of the machine can listen

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The kernel's command line."""
        command = super().format_kernel_cmd(extra_arguments)
        python = any(part.startswith("ipykernel") for part in command)
        # a kernel of another language knows no such argument
        return [*command, *NO_HISTORY] if python else command


class LabContents(AsyncLargeFileManager):
    """Hands notebooks to JupyterLab so that one that was only opened is not marked as changed.

    As soon as a kernel is there, JupyterLab writes the kernel's description of its language into
    the notebook, and marks it as changed if that is another one than it read. A stored notebook
    says only that it is Python (the rest is about a machine), so the rest is filled in here; it is
    taken out again when the notebook is saved.
    """

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        """A file as it is stored; in a notebook of Python, with what a kernel says of itself."""
        model = await super().get(*args, **kwargs)  # type: ignore[no-untyped-call]
        if model["type"] == "notebook" and model["content"]:
            metadata = model["content"]["metadata"]
            if metadata.get("language_info", {}).get("name") == "python":
                metadata["language_info"] = {**of_the_kernel()}
        return model


@cache
def of_the_kernel() -> dict[str, Any]:
    """What a kernel of this Python says of its language."""
    from ipykernel.ipkernel import IPythonKernel

    return dict(IPythonKernel.language_info)
