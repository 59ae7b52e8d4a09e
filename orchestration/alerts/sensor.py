"""The sensor `alerts`: looks every five minutes and tells every channel its news; it launches no run."""

import dagster as dg

from orchestration.config.hall import Hall, why_not_here

_EVERY = 300
_NOBODY = "no channel is set up ([alerts.channels] in hall.toml), so nobody is told"


def build_alerts_sensor(hall: Hall) -> dg.SensorDefinition:
    """The sensor of a hall; where the environment may not run it, it stands stopped, and a tick says so."""
    runs_here = not why_not_here("alerts", hall)

    @dg.sensor(
        name="alerts",
        minimum_interval_seconds=_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING if runs_here else dg.DefaultSensorStatus.STOPPED,
        description="Tells the hall's channels what is late, refused, failed, pending or certified, and what is over.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        if reason := why_not_here("alerts", hall):
            return dg.SkipReason(reason)
        from orchestration.alerts.notification import notify
        from orchestration.automation.deadlines import moment

        outcomes = notify(moment(), context.instance)
        return dg.SkipReason("; ".join(map(str, outcomes)) or _NOBODY)

    return alerts
