"""The notifier that tells people what became of Canvas's tasks, through notifiers of other providers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.notifier import BaseNotifier

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.utils.parameters import check_bool, check_count

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class CanvasResultNotifier(BaseNotifier):
    """Tell people what became of a Canvas task, or of all Canvas tasks of a DAG run, by mail or chat.

    It sends nothing itself. It reads the tasks' results, and calls notifiers of other providers, whose templates have
    one more name: ``canvas``, a :class:`~airflow_provider_canvas.notifications.message.ResultMessage`.
    ``{{ canvas.subject }}`` is one line; ``{{ canvas.text }}`` and ``{{ canvas.html }}`` are the whole message: the
    numbers of copies by state, the first copies that did not succeed with the reason and what to do, the error, and
    where the report and the log are.

    Set it as ``on_failure_callback``, ``on_success_callback`` or ``on_retry_callback`` of a task, in
    ``default_args``, or of a DAG. An error of a notifier is logged: it changes no state of a task, and the other
    notifiers are called all the same. Secrets are removed from every text.

    :param notifiers: What is called: notifiers of other providers, such as ``SmtpNotifier(...)``, or functions that
        take the context.
    :param only_problems: Call them only if the task or the DAG run failed, or if a copy did not succeed.
    :param max_copies: How many copies that did not succeed a message names, for each batch; 20 at most.
    """

    def __init__(self, *notifiers: Callable[[Context], Any], only_problems: bool = False, max_copies: int = 10) -> None:
        super().__init__()
        if not notifiers:
            raise CanvasInputError(
                "CanvasResultNotifier needs what it calls: write CanvasResultNotifier(SmtpNotifier(...))."
            )
        for notifier in notifiers:
            if not callable(notifier):
                raise CanvasInputError(
                    f"CanvasResultNotifier got {type(notifier).__name__}, which cannot be called: write a notifier, "
                    "such as SmtpNotifier(...), or a function that takes the context."
                )
        check_bool("only_problems", only_problems)
        check_count("max_copies", max_copies)
        self.notifiers: Sequence[Callable[[Context], Any]] = notifiers
        self.only_problems = only_problems
        self.max_copies = max_copies

    def __call__(self, *args: Any) -> None:
        """Send the message. An error is logged, and never raised."""
        try:
            super().__call__(*args)
        except Exception as error:  # noqa: BLE001  # a callback changes nothing
            self._log_error(self, error)

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Do nothing: there are no templates here, and Airflow would want a DAG, which a context may lack.

        :param context: The context of the callback.
        :param jinja_env: Not used.
        """

    def notify(self, context: Context) -> None:
        """Compose the message, and call each notifier with it.

        :param context: The context of the callback.
        """
        from airflow_provider_canvas.notifications.run_results import message_of

        message = message_of(context, max_copies=self.max_copies)
        if self.only_problems and not message.problems:
            return
        names: Any = context
        names["canvas"] = message
        for notifier in self.notifiers:
            try:
                # A notifier replaces its own templates when it is called, so each call needs one that was never called.
                copy.copy(notifier)(context)
            except Exception as error:  # noqa: BLE001  # the other notifiers are called all the same
                self._log_error(notifier, error)

    def _log_error(self, notifier: object, error: Exception) -> None:
        from airflow_provider_canvas.notifications.run_results import redacted_error

        name = getattr(notifier, "__name__", type(notifier).__name__)
        self.log.error("%s could not send the message: %s: %s", name, type(error).__name__, redacted_error(error))
