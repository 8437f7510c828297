"""What wins where `--local` meets a setting of the app's, in the environment or in a `.env`."""

from metlo_auto.config.booleans import is_on
from metlo_auto.launcher.messages import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict


def is_local(environ: "Dict[str, str]") -> bool:
    """Whether the embedded collector is to be used, with one line where a setting says otherwise."""
    from metlo_auto import doctor

    disabled, elsewhere = is_on(environ.get("METLO_DISABLED", "")), bool(environ.get("METLO_HOST", "").strip())
    loaded = None if disabled else doctor.loaded_settings(environ)
    if loaded is not None:
        disabled, elsewhere = loaded.settings.disabled, elsewhere or loaded.sources["host"] != "default"
    if disabled:
        say("METLO_DISABLED wins over --local: nothing is reported, and no collector is started")
    elif elsewhere:
        say("--local wins over METLO_HOST: the app reports to the embedded collector alone")
    return not disabled
