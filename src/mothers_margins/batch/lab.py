"""How `mothers-margins lab` starts kernels; templates/jupyter_config.py names this class."""

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
