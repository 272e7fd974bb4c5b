"""JupyterLab as `mothers-margins lab` starts it: a notebook is saved without its outputs, which
could hold data.

A notebook that was only run is then saved as it was, and one that was only opened is not marked as
changed. Kernels are encrypted and keep no history (both in batch/lab.py).
"""

from typing import Any


# Any: a notebook as Jupyter hands it over, which has no type there
def strip_outputs(model: dict[str, Any], **_: Any) -> None:
    """Jupyter's hook before a file is saved: takes outputs, execution counts and versions out of a
    notebook.
    """
    if model["type"] != "notebook":
        return
    # the rest of the entry is about this machine's Python
    model["content"]["metadata"]["language_info"] = {"name": "python"}
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)


if "get_config" in globals():  # defined by Jupyter when it reads this file
    settings = get_config()  # type: ignore[name-defined]  # noqa: F821
    settings.ContentsManager.pre_save_hook = strip_outputs
    settings.ServerApp.contents_manager_class = "mothers_margins.batch.lab.LabContents"
    settings.MappingKernelManager.kernel_manager_class = (
        "mothers_margins.batch.lab.LabKernelManager"
    )
    settings.MappingKernelManager.transport_encryption = "required"
    settings.KernelManager.transport_encryption = "required"
