"""The dead man's switch: a URL that is asked after each good evaluation, and whose silence somebody else watches."""

from collections.abc import Mapping

from orchestration.alerts.sending import ChannelError, open_url, taken_out

_PATIENCE = 10.0


def ping(variable: str, variables: Mapping[str, str]) -> None:
    """Ask the URL that a variable holds; ChannelError where it isn't set, is none, or gives no good answer in 10 s."""
    url = ping_url(variable, variables)
    import requests

    try:
        answer = requests.get(url, timeout=_PATIENCE, allow_redirects=False)
    except requests.RequestException as error:
        raise ChannelError(taken_out(str(error))) from None
    if not answer.ok or answer.is_redirect:
        raise ChannelError(f"{variable} answers HTTP {answer.status_code}")


def ping_url(variable: str, variables: Mapping[str, str]) -> str:
    """The URL; ChannelError where the variable isn't set, or holds none."""
    url = open_url(variable, variables)
    if not url.startswith(("http://", "https://")):
        raise ChannelError(f"{variable} holds no URL that begins with http:// or https://")
    return url
