"""The emulator: one Alibaba Cloud in one object. It serves requests that something else carries to it.

State lives here and nowhere else; two emulators know nothing of each other.
"""

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from deployer.clock import Clock, MovableClock, SystemClock
from deployer.emulator.accounts import Accounts
from deployer.emulator.actions import Body, Principal
from deployer.emulator.assumptions import Assumptions
from deployer.emulator.composition import Services, compose
from deployer.emulator.context import Context
from deployer.emulator.dispatch import Dispatcher
from deployer.emulator.faults import Faults
from deployer.emulator.gateway import Gateway
from deployer.emulator.http import HttpRequest, HttpResponse
from deployer.emulator.ids import Ids
from deployer.emulator.machines.base import MachineDriver
from deployer.emulator.metadata import LONGEST_SESSION_SECONDS, METADATA_HOST, MetadataService
from deployer.emulator.oss_gateway import OssGateway
from deployer.emulator.public_network import UNHELD
from deployer.emulator.ram.guard import Guard
from deployer.emulator.recorder import Recorder
from deployer.emulator.scheduler import Scheduler


class Emulator:
    """An Alibaba Cloud that belongs to one account. Thread-safe; it starts no threads.

    What is due is done at the start of each call; a server calls `tick()` in between. `data_dir` must be the
    emulator's own: it is removed on `close()`.
    """

    def __init__(  # noqa: PLR0913  (all but the driver and its folder have defaults, and all go by name)
        self,
        *,
        driver: MachineDriver,
        data_dir: Path,
        clock: Clock | None = None,
        seed: int | str = 0,
        assumptions: Assumptions | None = None,
        account_id: str = "1234567890123456",
        public_network: str = UNHELD,
        verify_signatures: bool = True,
    ) -> None:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        clock = clock or SystemClock()
        self.faults = Faults(clock)
        self.context = Context(
            clock=clock,
            scheduler=Scheduler(clock),
            ids=Ids(seed),
            assumptions=assumptions or Assumptions(),
            account_id=account_id,
            data_dir=data_dir,
            driver=driver,
            call_api=self.call_api,
            send=self.handle,
            public_network=public_network,
            faults=self.faults,
        )
        self.accounts = Accounts(account_id, clock, Ids(f"keys:{seed}"))
        self.recorder = Recorder()
        self._dispatcher = Dispatcher(self.context, self.accounts, self.faults, self.recorder)
        self.gateway = Gateway(self._dispatcher, self.accounts, verify_signatures=verify_signatures)
        self.services: Services = compose(self.context, self.accounts, self._dispatcher.guard)
        self._dispatcher.guard.find_tags = self.services.tags_of
        self.bss, self.oss = self.services.bss, self.services.oss
        self.metadata = MetadataService(self.context, self.accounts, self.services.ecs_state)
        self.oss.verify_signatures = verify_signatures
        self._oss_gateway = OssGateway(self.oss, self._dispatcher, self.context, self.accounts)
        self._dispatcher.handlers.update(self.services.handlers())
        self._closed = False

    @property
    def guard(self) -> Guard:
        """Which rights calls made use of so far."""
        return self._dispatcher.guard

    @property
    def lock(self) -> AbstractContextManager[bool]:
        """Held while a handler runs; whoever looks at the services' state from outside holds it, too."""
        return self._dispatcher.lock

    def handle(self, request: HttpRequest) -> HttpResponse:
        """The answer to one request, whichever product it is for. Errors: DroppedConnection when none is to come."""
        if request.host == METADATA_HOST:
            with self.lock:
                return self.metadata.handle(request)
        if self.oss.matches(request):
            return self._oss_gateway.handle(request, self.faults, self.recorder)
        return self.gateway.handle(request)

    def call_api(
        self, product: str, action: str, params: Mapping[str, Any], *, region_id: str, principal: Principal
    ) -> Body:
        """An operation, asked for from inside and taken the same way as over the wire. Errors: ApiError."""
        return self._dispatcher.call_api(product, action, params, region_id=region_id, principal=principal)

    def tick(self) -> float | None:
        """Do what is due by now; seconds until something is due again, None when nothing waits."""
        with self._dispatcher.lock:
            if self._closed:
                return None
            self.context.scheduler.run_due()
            return self.context.scheduler.next_due_in_seconds

    def advance(self, seconds: float) -> None:
        """Let time pass, stopping at each moment something is due. Errors: TypeError with the machine's own clock."""
        clock = self.context.clock
        if not isinstance(clock, MovableClock):
            raise TypeError("the clock is the machine's own; it cannot be advanced")
        deadline = clock.monotonic() + seconds
        with self._dispatcher.lock:
            due_in_seconds = self.tick()
            while due_in_seconds is not None and clock.monotonic() + due_in_seconds <= deadline:
                clock.advance(due_in_seconds)
                due_in_seconds = self.tick()
            clock.advance(deadline - clock.monotonic())
            self.tick()

    def let_computer_have_role(self, role_name: str) -> None:
        """The metadata address answers this computer as an instance with that RAM role; the role is made for it."""
        self.accounts.add_role(role_name, max_session_seconds=LONGEST_SESSION_SECONDS)
        self.metadata.role_name = role_name

    def reseed(self, seed: int | str) -> None:
        """From now on ids are those of that seed, whatever came before."""
        with self._dispatcher.lock:
            self.context.ids.reseed(seed)
            self._dispatcher.request_ids.reseed(f"requests:{seed}")
            self.oss.request_ids.reseed(f"oss-requests:{seed}")

    def set_wall_clock(self, wall_clock: Clock) -> None:
        """The time of day that signatures are judged by; the machine's own unless a test wants a wrong clock."""
        self.gateway.authenticator.wall_clock = wall_clock
        self.oss.wall_clock = wall_clock

    def implemented_actions(self) -> dict[str, tuple[str, ...]]:
        """The operations that have a handler, by product."""
        return {product: tuple(sorted(handlers)) for product, handlers in self._dispatcher.handlers.items()}

    def check_answers(self) -> None:
        """From now on an answer with a field that the contract does not know is an AssertionError: our own mistake."""
        self._dispatcher.checks_answers = True

    def close(self) -> None:
        """End every machine and remove everything made; safe to repeat."""
        with self._dispatcher.lock:
            if self._closed:
                return
            self._closed = True
            self.services.close()
            self.context.driver.close()
        shutil.rmtree(self.context.data_dir, ignore_errors=True)
