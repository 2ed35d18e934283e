"""How the project opens a connection over HTTP: whoever is asked answers, and nobody else."""

import urllib.request


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another host is not who was trusted with address, header and body, and a POST loses its."""

    def redirect_request(self, *_: object) -> None:
        return None


def opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """An opener that takes a redirect for an answer (`HTTPError`) and does not follow it."""
    return urllib.request.build_opener(_NoRedirect, *handlers)
