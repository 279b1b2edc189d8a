"""Client: authenticated REST calls to one portal.

The client knows how to ask, and what an answer means. Where the portal is and which token opens it
is told by an `Access`, which also renews a token that was refused and follows a portal that moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import SecretStr, ValidationError

from bitrix_events.errors import (
    BatchError,
    PortalMoved,
    PortalUnreachable,
    RestError,
    TokenExpired,
    TransportError,
)
from bitrix_events.events import Entity
from bitrix_events.rest.batch import (
    BATCH_SIZE,
    Command,
    encode_command,
    fits_batch,
    read_outcomes,
)
from bitrix_events.rest.listing import Listing
from bitrix_events.rest.responses import Response, read_response
from bitrix_events.rest.transport import Answer, Transport

E = TypeVar("E", bound=Entity)

_METHOD = re.compile(r"[A-Za-z0-9_.]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where to call and with what.

    Attributes:
        base_url: root of the REST interface, ending in a slash. That of a webhook is a password.
        token: access token; None for a webhook.
        domain: host name of the portal, for people.
    """

    base_url: str = field(repr=False)
    token: SecretStr | None
    domain: str


class Access(Protocol):
    """Who opens a portal for the client."""

    async def authorize(self) -> Authorization:
        """The present authorization.

        Raises:
            InstallationGone: there is none.
        """

    async def renew(self, refused: Authorization) -> Authorization:
        """A newer authorization than the one whose token was refused; stored before it is returned.

        Raises:
            InstallationGone: the portal must be authorised anew by a person.
            TokenExpired: there is nothing to renew.
        """

    async def relocate(self, refused: Authorization, location: str) -> Authorization:
        """The authorization at the portal's new address, proven and stored.

        Raises:
            PortalMoved: the new address could not be proven.
        """


class Client:
    """REST as the installation, for ``async def`` handlers."""

    def __init__(self, access: Access, transport: Transport) -> None:
        self._access = access
        self._transport = transport
        self._domain = ""

    @property
    def domain(self) -> str:
        """Host name of the portal; ``""`` before the first call."""
        return self._domain

    async def call(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Response:
        """Call a REST method.

        Args:
            method: ``"crm.deal.get"``, in the documented spelling.
            params: its parameters; keyword arguments are added to them.

        Raises:
            RestError: the subclass that fits the portal's answer. A call is repeated only after
                the token was renewed or the portal's new address was proven, that is when the
                first one surely did nothing.
            ValueError: the name is no method name, or a parameter is no JSON.
        """
        _check_method(method)
        parameters = {**(params or {}), **fields}
        authorization = await self._access.authorize()
        renewed = moved = False
        while True:
            self._domain = authorization.domain
            answer = await self._post(authorization, method, parameters)
            if answer.status in (301, 302, 303, 307, 308):
                if moved:
                    raise self._moved_again(method, answer)
                authorization = await self._access.relocate(authorization, answer.location)
                moved = True
                continue
            try:
                return read_response(
                    method, answer.status, answer.body, portal=authorization.domain
                )
            except TokenExpired:
                if renewed or authorization.token is None:
                    raise
                authorization = await self._access.renew(authorization)
                renewed = True

    def list(
        self, method: str, params: Mapping[str, Any] | None = None, /, **fields: Any
    ) -> Listing:
        """All rows of a list method: ``async for row in client.list("crm.deal.list")``.

        Complete, or `IncompleteList` is raised. ``await client.list(...)`` collects all rows.
        """
        return Listing(self, method, {**(params or {}), **fields})

    async def batch(self, commands: Mapping[str, Command]) -> dict[str, Response]:
        """Make many calls in few requests, 50 in each.

        Args:
            commands: ``{"deal": ("crm.deal.get", {"id": 7}), "me": ("profile", {})}``. They run in
                this order, and one that fails does not stop the others. A command that contains
                text such as ``$result[`` is sent by itself, because a batch would change it.

        Returns:
            The response by name, in the order of ``commands``.

        Raises:
            BatchError: at least one command failed; it carries the good results as well.
            RestError: a whole request failed.
            ValueError: a name is no method name, or a parameter has no form that can be sent.
        """
        _check_commands(commands)
        outcomes: dict[str, Response | RestError] = {}
        group: dict[str, Command] = {}
        for name, command in commands.items():
            if not fits_batch(command):
                outcomes |= await self._batch_of_fifty(group)
                group = {}
                outcomes[name] = await self._outcome(command)
                continue
            group[name] = command
            if len(group) == BATCH_SIZE:
                outcomes |= await self._batch_of_fifty(group)
                group = {}
        outcomes |= await self._batch_of_fifty(group)
        results = {n: o for n, o in outcomes.items() if isinstance(o, Response)}
        errors = {n: o for n, o in outcomes.items() if isinstance(o, RestError)}
        if errors:
            raise BatchError(portal=self._domain, results=results, errors=errors)
        return results

    async def get(self, entity: type[E], entity_id: int) -> E:
        """Read one record.

        Raises:
            NotFound: there is no such record.
            RestError: it could not be read, or does not fit the model.
        """
        method = "crm.item.get"
        response = await self.call(
            method,
            entityTypeId=entity.entity_type_id,
            id=entity_id,
            useOriginalUfNames="Y",
        )
        try:
            return entity.model_validate(response.result["item"])
        except (KeyError, TypeError) as error:
            raise RestError(
                method, "BAD_RESULT", "the answer has no item", portal=self._domain
            ) from error
        except ValidationError as error:
            problem = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise RestError(
                method,
                "BAD_RESULT",
                f"{entity.__name__} {entity_id} does not fit its model: {where}: {problem['msg']}",
                portal=self._domain,
            ) from error

    async def _batch_of_fifty(
        self, group: Mapping[str, Command]
    ) -> dict[str, Response | RestError]:
        if not group:
            return {}
        keys = {f"c{index}": name for index, name in enumerate(group)}
        cmd = {key: encode_command(group[name]) for key, name in keys.items()}
        response = await self.call("batch", cmd=cmd, halt=0)
        by_key = read_outcomes(
            response.result, {key: group[name] for key, name in keys.items()}, portal=self._domain
        )
        return {keys[key]: outcome for key, outcome in by_key.items()}

    async def _outcome(self, command: Command) -> Response | RestError:
        try:
            return await self.call(*command)
        except RestError as error:
            return error

    async def _post(
        self, authorization: Authorization, method: str, parameters: Mapping[str, Any]
    ) -> Answer:
        content = dict(parameters)
        if authorization.token is not None:
            content["auth"] = authorization.token.get_secret_value()
        try:
            return await self._transport.post_json(authorization.base_url + method, content)
        except TransportError as error:
            raise PortalUnreachable(
                method, str(error), portal=authorization.domain, maybe_executed=error.sent
            ) from error

    def _moved_again(self, method: str, answer: Answer) -> PortalMoved:
        return PortalMoved(
            method,
            "",
            "the portal redirects again from its new address",
            portal=self._domain,
            status=answer.status,
        )


def _check_commands(commands: Any) -> None:
    """Refuse other shapes here, where the caller can see which line is meant."""
    values = commands.values() if isinstance(commands, Mapping) else [None]
    for command in values:
        if not (
            isinstance(command, tuple) and len(command) == 2 and isinstance(command[1], Mapping)
        ):
            raise TypeError('batch takes {"name": ("crm.deal.get", {"id": 7}), ...}')
        _check_method(command[0])


def _check_method(method: Any) -> None:
    if not isinstance(method, str) or not _METHOD.match(method):
        raise ValueError(f"{method!r} is not the name of a REST method")
