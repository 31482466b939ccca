"""Define a sensor for each attack of a hostile Canvas, and one for a job in order that waits beside them."""

from __future__ import annotations

from airflow.providers.common.compat.sdk import DAG

from airflow_provider_canvas.sensors.progress import CanvasProgressSensor
from tests.support.hostile_canvas import ATTACKS, FIRST_ATTACK, IN_ORDER

with DAG("hostile_canvas", schedule=None, max_active_tasks=len(ATTACKS) + 1):
    for number in range(IN_ORDER, FIRST_ATTACK + len(ATTACKS)):
        CanvasProgressSensor(
            task_id=f"wait_{number}",
            canvas_conn_id="hostile_canvas",
            progress_id=number,
            deferrable=True,
            poke_interval=2,
            # Attacks hold the places of the token for some seconds each; the job in order waits for its turn.
            timeout=300 if number == IN_ORDER else 60,
            retries=0,
        )
