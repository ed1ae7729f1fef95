-- Text in the views is plain String. Of a LowCardinality column ClickHouse keeps one dictionary for a whole part, and a
-- function may be run over all of it: base64Decode(queue) named, in its error, queues of tenants whose rows the row
-- policies had already left out. The conversion happens at the view's edge, for the rows that are left (docs/sql.md).

CREATE OR REPLACE VIEW acd.contact_legs{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    contact_id String COMMENT 'The contact, as the source names it',
    leg UInt32 COMMENT '1, 2, … : which stay in a queue of this contact',
    queue String COMMENT 'The queue it waited in',
    channel String COMMENT 'voice, chat, email, social or messaging',
    direction String COMMENT 'inbound or outbound',
    language String COMMENT 'Language, empty when unknown',
    site String COMMENT 'Site, empty when unknown',
    tier String COMMENT 'Customer tier, empty when unknown',
    caller String COMMENT 'The caller, pseudonymised; empty when unknown',
    offered_at DateTime64(3, 'UTC') COMMENT 'When it entered the queue, UTC',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When an agent answered, UTC; null when none did',
    ended_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the leg was over, UTC',
    outcome String COMMENT 'answered, abandoned, timed_out, left_empty, key_exit, overflowed, callback, withdrawn, unknown, refused_full, refused_empty or refused_closed',
    wait_ms Nullable(UInt64) COMMENT 'Milliseconds from entering the queue to leaving it',
    ring_ms Nullable(UInt64) COMMENT 'Milliseconds the answering agent rang, part of wait_ms',
    talk_ms Nullable(UInt64) COMMENT 'Milliseconds connected, without hold',
    hold_ms Nullable(UInt64) COMMENT 'Milliseconds on hold',
    wrap_ms Nullable(UInt64) COMMENT 'Milliseconds of after-contact work',
    agent String COMMENT 'The agent who answered, empty when none did',
    ended_by String COMMENT 'agent, caller, system or empty',
    transfer_kind String COMMENT 'blind, attended or empty',
    transferred_to String COMMENT 'Where it was transferred, empty when it was not',
    position Nullable(UInt32) COMMENT 'Place in the queue on entering',
    version UInt32 COMMENT 'How many facts the leg has taken in: a correction raises it. It does not depend on the order in which contacts were imported, as the log position would'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.contact_id,
    r.leg,
    r.queue,
    r.channel,
    r.direction,
    r.language,
    r.site,
    r.tier,
    r.caller,
    r.offered_at,
    r.answered_at,
    r.ended_at,
    r.outcome,
    r.wait_ms,
    r.ring_ms,
    r.talk_ms,
    r.hold_ms,
    r.wrap_ms,
    r.agent,
    r.ended_by,
    r.transfer_kind,
    r.transferred_to,
    r.position,
    r.revision AS version
FROM acd.contact_legs_rows AS r FINAL
COMMENT 'One stay of one contact in one queue, from being offered to its outcome';

-- An interval that left memory and was touched again is several generations; their counters are signed and add up.
-- An interval whose counters add up to nothing stays: that it was seen is itself a fact.
CREATE OR REPLACE VIEW acd.queue_intervals{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    queue String COMMENT 'The queue',
    channel String COMMENT 'voice, chat, email, social or messaging',
    interval_start DateTime64(3, 'UTC') COMMENT 'Start of the 15 minutes, UTC',
    offered UInt64 COMMENT 'Contacts offered in the interval = answered + abandoned + all exits + in_progress; everything about a contact counts where it was offered',
    answered UInt64 COMMENT 'Of those: answered by an agent',
    abandoned UInt64 COMMENT 'Of those: left by themselves while waiting',
    timed_out UInt64 COMMENT 'Of those: reached the maximum wait',
    left_empty UInt64 COMMENT 'Of those: removed because no agent was there',
    key_exit UInt64 COMMENT 'Of those: pressed a key to leave',
    overflowed UInt64 COMMENT 'Of those: moved on by the ACD',
    callback UInt64 COMMENT 'Of those: asked to be called back',
    withdrawn UInt64 COMMENT 'Of those: removed by the system or a supervisor',
    unknown UInt64 COMMENT 'Of those: lost by the feed',
    refused_full UInt64 COMMENT 'Never admitted, not in offered: the queue was full',
    refused_empty UInt64 COMMENT 'Never admitted, not in offered: no agents',
    refused_closed UInt64 COMMENT 'Never admitted, not in offered: closed',
    in_progress UInt64 COMMENT 'Of those offered: no outcome yet',
    wait_answered Map(UInt32, UInt64) COMMENT 'Waits of the answered: upper edge in ms → contacts',
    wait_abandoned Map(UInt32, UInt64) COMMENT 'Waits of the abandoned: upper edge in ms → contacts',
    wait_exited Map(UInt32, UInt64) COMMENT 'Waits of timed_out, left_empty, key_exit and overflowed: upper edge in ms → contacts',
    wait_answered_ms UInt64 COMMENT 'Sum of the waits of the answered, milliseconds',
    wait_abandoned_ms UInt64 COMMENT 'Sum of the waits of the abandoned, milliseconds',
    max_wait_ms UInt64 COMMENT 'The longest wait, milliseconds',
    handled UInt64 COMMENT 'Answered contacts whose contact part has ended',
    held UInt64 COMMENT 'Handled contacts that were on hold',
    talk_ms UInt64 COMMENT 'Sum of talk time of the handled, milliseconds',
    hold_ms UInt64 COMMENT 'Sum of hold time of the handled, milliseconds',
    wrap_ms UInt64 COMMENT 'Sum of after-contact work of the handled, milliseconds',
    transferred_blind UInt64 COMMENT 'Handled contacts transferred blind',
    transferred_attended UInt64 COMMENT 'Handled contacts transferred attended',
    on_contact_ms UInt64 COMMENT 'Agents on a contact of this queue within the 15 minutes, milliseconds',
    on_hold_ms UInt64 COMMENT 'Agents with a contact of this queue on hold within the 15 minutes, milliseconds',
    wrap_up_ms UInt64 COMMENT 'Agents in wrap-up of this queue within the 15 minutes, milliseconds',
    available_ms UInt64 COMMENT 'Agents available within the 15 minutes, milliseconds; an agent of n queues counts 1/n in each',
    staffed_ms UInt64 COMMENT 'Agents not offline within the 15 minutes, milliseconds; an agent of n queues counts 1/n in each'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.queue,
    r.channel,
    r.interval_start,
    greatest(sum(r.offered), 0) AS offered,
    greatest(sum(r.answered), 0) AS answered,
    greatest(sum(r.abandoned), 0) AS abandoned,
    greatest(sum(r.timed_out), 0) AS timed_out,
    greatest(sum(r.left_empty), 0) AS left_empty,
    greatest(sum(r.key_exit), 0) AS key_exit,
    greatest(sum(r.overflowed), 0) AS overflowed,
    greatest(sum(r.callback), 0) AS callback,
    greatest(sum(r.withdrawn), 0) AS withdrawn,
    greatest(sum(r.unknown), 0) AS unknown,
    greatest(sum(r.refused_full), 0) AS refused_full,
    greatest(sum(r.refused_empty), 0) AS refused_empty,
    greatest(sum(r.refused_closed), 0) AS refused_closed,
    greatest(sum(r.in_progress), 0) AS in_progress,
    mapFilter((edge, contacts) -> contacts > 0, sumMap(r.wait_answered)) AS wait_answered,
    mapFilter((edge, contacts) -> contacts > 0, sumMap(r.wait_abandoned)) AS wait_abandoned,
    mapFilter((edge, contacts) -> contacts > 0, sumMap(r.wait_exited)) AS wait_exited,
    greatest(sum(r.wait_answered_ms), 0) AS wait_answered_ms,
    greatest(sum(r.wait_abandoned_ms), 0) AS wait_abandoned_ms,
    max(r.max_wait_ms) AS max_wait_ms,
    greatest(sum(r.handled), 0) AS handled,
    greatest(sum(r.held), 0) AS held,
    greatest(sum(r.talk_ms), 0) AS talk_ms,
    greatest(sum(r.hold_ms), 0) AS hold_ms,
    greatest(sum(r.wrap_ms), 0) AS wrap_ms,
    greatest(sum(r.transferred_blind), 0) AS transferred_blind,
    greatest(sum(r.transferred_attended), 0) AS transferred_attended,
    greatest(sum(r.on_contact_ms), 0) AS on_contact_ms,
    greatest(sum(r.on_hold_ms), 0) AS on_hold_ms,
    greatest(sum(r.wrap_up_ms), 0) AS wrap_up_ms,
    greatest(sum(r.available_ms), 0) AS available_ms,
    greatest(sum(r.staffed_ms), 0) AS staffed_ms
FROM acd.queue_intervals_rows AS r FINAL
GROUP BY r.tenant, r.source, r.queue, r.channel, r.interval_start
COMMENT 'Totals of one queue and channel in 15 minutes UTC: counters only, ratios are made when read';

CREATE OR REPLACE VIEW acd.agent_states{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    agent String COMMENT 'The agent',
    state String COMMENT 'offline, available, ringing, on_contact, on_hold, wrap_up or unavailable',
    reason String COMMENT 'Reason of unavailable, as the source names it',
    started_at DateTime64(3, 'UTC') COMMENT 'Start of the stretch, UTC',
    ended_at DateTime64(3, 'UTC') COMMENT 'End of the stretch, UTC',
    duration_ms UInt64 COMMENT 'Its length in milliseconds',
    contact_id String COMMENT 'The contact that binds the agent, empty when none does',
    queue String COMMENT 'The queue of that contact, empty when none',
    version UInt64 COMMENT 'Log position that last changed the row, plus one'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.agent,
    r.state,
    r.reason,
    r.started_at,
    r.ended_at,
    r.duration_ms,
    r.contact_id,
    r.queue,
    r.version
FROM acd.agent_states_rows AS r FINAL
COMMENT 'One stretch of one agent in one state, once it is over';

CREATE OR REPLACE VIEW acd.agent_intervals{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    agent String COMMENT 'The agent',
    interval_start DateTime64(3, 'UTC') COMMENT 'Start of the 15 minutes, UTC',
    available_ms UInt64 COMMENT 'Milliseconds available within the 15 minutes',
    ringing_ms UInt64 COMMENT 'Milliseconds ringing',
    on_contact_ms UInt64 COMMENT 'Milliseconds on a contact',
    on_hold_ms UInt64 COMMENT 'Milliseconds with the contact on hold',
    wrap_up_ms UInt64 COMMENT 'Milliseconds of after-contact work',
    unavailable_ms UInt64 COMMENT 'Milliseconds unavailable',
    staffed_ms UInt64 COMMENT 'Milliseconds not offline: the sum of the six',
    handled UInt64 COMMENT 'Contacts handled',
    reasons Map(String, UInt64) COMMENT 'Reason → milliseconds of unavailable_ms'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.agent,
    r.interval_start,
    greatest(sum(r.available_ms), 0) AS available_ms,
    greatest(sum(r.ringing_ms), 0) AS ringing_ms,
    greatest(sum(r.on_contact_ms), 0) AS on_contact_ms,
    greatest(sum(r.on_hold_ms), 0) AS on_hold_ms,
    greatest(sum(r.wrap_up_ms), 0) AS wrap_up_ms,
    greatest(sum(r.unavailable_ms), 0) AS unavailable_ms,
    greatest(sum(r.staffed_ms), 0) AS staffed_ms,
    greatest(sum(r.handled), 0) AS handled,
    mapFilter((reason, ms) -> ms > 0, sumMap(r.reasons)) AS reasons
FROM acd.agent_intervals_rows AS r FINAL
GROUP BY r.tenant, r.source, r.agent, r.interval_start
COMMENT 'Time of one agent in 15 minutes UTC; an agent is in one state at a time';

CREATE OR REPLACE VIEW acd.events{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    seq String COMMENT 'Identity of the event within its source',
    at DateTime64(3, 'UTC') COMMENT 'When it happened, UTC',
    kind String COMMENT 'Type of the event',
    contact_id String COMMENT 'Its contact, empty when none',
    queue String COMMENT 'Its queue, empty when none',
    agent String COMMENT 'Its agent, empty when none',
    body String COMMENT 'The event as JSON',
    log_partition UInt32 COMMENT 'Where in the log it stands: partition',
    log_offset UInt64 COMMENT 'Where in the log it stands: offset'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.seq,
    r.at,
    r.kind,
    r.contact_id,
    r.queue,
    r.agent,
    r.body,
    r.log_partition,
    r.log_offset
FROM acd.events_rows AS r FINAL
COMMENT 'Every canonical event, for audits';

CREATE OR REPLACE VIEW acd.dead_letters{{on_cluster}}
(
    received_at DateTime64(3, 'UTC') COMMENT 'When Busyhour received it, UTC',
    feed String COMMENT 'The feed that rejected it',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    reason String COMMENT 'Why it was rejected',
    line String COMMENT 'The input as it came',
    tenant String COMMENT 'Whose data it is',
    place String COMMENT 'Where in the input: file and line, or byte position',
    seq String COMMENT 'Identity of the rejected input'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.received_at,
    r.feed,
    r.source,
    r.reason,
    r.line,
    r.tenant,
    r.place,
    r.seq
FROM acd.dead_letters_rows AS r FINAL
COMMENT 'Input that could not be read, kept with its reason';

CREATE OR REPLACE VIEW acd.anomalies{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    kind String COMMENT 'What did not fit',
    at DateTime64(3, 'UTC') COMMENT 'When, in the time of the events, UTC',
    contact_id String COMMENT 'Its contact, empty when none',
    queue String COMMENT 'Its queue, empty when none',
    agent String COMMENT 'Its agent, empty when none',
    detail String COMMENT 'What was expected and what came',
    seq String COMMENT 'The event that did not fit',
    log_partition UInt32 COMMENT 'Where in the log it stands: partition',
    log_offset UInt64 COMMENT 'Where in the log it stands: offset'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.kind,
    r.at,
    r.contact_id,
    r.queue,
    r.agent,
    r.detail,
    r.seq,
    r.log_partition,
    r.log_offset
FROM acd.anomalies_rows AS r FINAL
COMMENT 'Events that did not fit what was known before them: counted and kept';

CREATE OR REPLACE VIEW acd.alerts{{on_cluster}}
(
    tenant String COMMENT 'Whose data it is',
    source String COMMENT 'The ACD (exchange or platform) it came from',
    rule String COMMENT 'The rule that was broken',
    queue String COMMENT 'The queue in which; empty for a rule on the source as a whole',
    status String COMMENT 'raised, or cleared when it is over',
    value Float64 COMMENT 'What the rule measured when the alert was raised: a fraction, a count, or seconds',
    threshold Float64 COMMENT 'What the rule allows, in the same unit',
    raised_at DateTime64(3, 'UTC') COMMENT 'When it was raised, in the time of the events, UTC',
    cleared_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over, UTC; null while it is not',
    version UInt64 COMMENT 'The log position that last changed it, plus 1'
)
DEFINER = CURRENT_USER SQL SECURITY DEFINER
AS SELECT
    r.tenant,
    r.source,
    r.rule,
    r.queue,
    r.status,
    r.value,
    r.threshold,
    r.raised_at,
    r.cleared_at,
    r.version
FROM acd.alerts_rows AS r FINAL
COMMENT 'Rules that were broken: when, where and until when';
