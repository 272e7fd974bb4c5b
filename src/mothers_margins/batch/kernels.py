"""How the batch starts kernels: with an encrypted transport, variables of their own and, if asked,
without a voice.
"""

import os
import subprocess
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from traitlets import Bool, Dict, Unicode


class BatchKernelManager(AsyncKernelManager):
    """Starts one kernel of the batch.

    variables: added to the kernel's environment, not to the worker's, which may run several
    notebooks in threads. quiet: what the kernel and its children write to the terminal goes
    nowhere, because it could hold values.
    """

    variables = Dict(value_trait=Unicode(), key_trait=Unicode()).tag(config=True)
    quiet = Bool(False).tag(config=True)

    # Any: what jupyter_client hands through to Popen, as its own signature has it
    async def _async_launch_kernel(self, kernel_cmd: list[str], **how: Any) -> None:
        how["env"] = {**(how.get("env") or os.environ), **self.variables}
        if self.quiet:
            how |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super()._async_launch_kernel(kernel_cmd, **how)
