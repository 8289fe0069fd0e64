"""`mock_aliyun`: a context manager, sync and async, and a decorator of functions, coroutines and test classes."""

import functools
import inspect
import unittest
from collections.abc import AsyncIterator, Callable
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from typing_extensions import Unpack

from deployer.testing.settings import Options, Settings

if TYPE_CHECKING:
    from deployer.testing.aliyun import Aliyun

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class MockAliyun:
    """Mocks Alibaba Cloud while it is entered; `as` gives the Aliyun that answers.

    Entered again while it runs, it goes on with the same cloud. Entered inside another mock, it joins that one's cloud
    unless it was given options: then it has a cloud of its own, which hides the other until it ends.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._settings = Settings(**options)
        self._has_options = bool(options)
        self._entered: list[Aliyun] = []
        self._owned: Aliyun | None = None

    def start(self) -> "Aliyun":
        """The cloud that answers from now on. Whoever starts calls `stop`."""
        from deployer.testing.aliyun import Aliyun
        from deployer.testing.interception import Interception

        running = Interception.current()
        if self._entered:
            cloud = self._entered[-1]
        elif running is not None and not self._has_options:
            cloud = running.clouds[-1]
        else:
            cloud = self._owned = Aliyun(self._settings)
            Interception.add(cloud)
        self._entered.append(cloud)
        return cloud

    def stop(self) -> None:
        """The end of the newest `start`; with the first one, the cloud made by it is gone."""
        from deployer.testing.interception import Interception

        if not self._entered:
            raise RuntimeError("this mock was not started")
        self._entered.pop()
        if not self._entered and self._owned is not None:
            cloud, self._owned = self._owned, None
            Interception.remove(cloud)
            cloud.close()

    def __enter__(self) -> "Aliyun":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> "Aliyun":
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __call__(self, decorated: Decorated) -> Decorated:
        """The function, coroutine function or class, mocked while it runs.

        Of a unittest class each test is mocked from `setUp` to the last clean-up; of another class each public method,
        and from `setup_method` to `teardown_method` all of them together.
        """
        if isinstance(decorated, type):
            self._class(decorated)
            return decorated
        wrapped: Decorated = self._function(decorated)
        return wrapped

    def _function(self, function: Any) -> Any:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                async with self:
                    return await function(*args, **kwargs)

            return run_async
        if inspect.isasyncgenfunction(function):

            @functools.wraps(function)
            async def run_async_generator(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
                async with self:
                    async for value in function(*args, **kwargs):
                        yield value

            return run_async_generator
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def run_generator(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return (yield from function(*args, **kwargs))

            return run_generator

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return run

    def _class(self, decorated: type) -> None:
        if issubclass(decorated, unittest.TestCase):
            decorated.run = self._function(decorated.run)  # type: ignore[method-assign]
            return
        for name in dir(decorated):  # inherited tests are this class's, too
            member = inspect.getattr_static(decorated, name)
            if name.startswith("_") or name in _SPANNING:
                continue
            if isinstance(member, FunctionType):
                setattr(decorated, name, self._function(member))
            elif isinstance(member, staticmethod | classmethod):
                setattr(decorated, name, type(member)(self._function(member.__func__)))
        if any(hasattr(decorated, name) for name in _SPANNING):
            decorated.setup_method = self._starting(getattr(decorated, "setup_method", None))  # type: ignore[attr-defined]
            decorated.teardown_method = self._stopping(getattr(decorated, "teardown_method", None))  # type: ignore[attr-defined]

    def _starting(self, set_up: Callable[..., Any] | None) -> Callable[..., None]:
        def setup_method(test: Any, method: Any = None) -> None:
            self.start()
            try:
                if set_up is not None:
                    _call(set_up, test, method)
            except BaseException:
                self.stop()
                raise

        return setup_method

    def _stopping(self, tear_down: Callable[..., Any] | None) -> Callable[..., None]:
        def teardown_method(test: Any, method: Any = None) -> None:
            try:
                if tear_down is not None:
                    _call(tear_down, test, method)
            finally:
                self.stop()

        return teardown_method


_SPANNING = ("setup_method", "teardown_method")


def _call(function: Callable[..., Any], test: Any, method: Any) -> None:
    """Call a set-up as pytest does: with the method when it takes one."""
    if len(inspect.signature(function).parameters) > 1:
        function(test, method)
    else:
        function(test)


@overload
def mock_aliyun(function: Decorated, /) -> Decorated: ...
@overload
def mock_aliyun(function: None = None, /, **options: Unpack[Options]) -> MockAliyun: ...
def mock_aliyun(function: Any = None, /, **options: Unpack[Options]) -> Any:
    """An Alibaba Cloud inside this process: every client's requests reach it, nothing leaves, no socket is opened.

    Use it as `with mock_aliyun() as aliyun:`, `async with`, `@mock_aliyun` or `@mock_aliyun(seed=7)`. What the options
    mean stands at `deployer.testing.settings.Settings`.
    Errors: TypeError, ValueError for options that are none.
    """
    mock = MockAliyun(**options)
    return mock if function is None else mock(function)
