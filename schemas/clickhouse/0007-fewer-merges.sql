-- The two tables that get nine rows in ten, and are read by auditors rather than boards: they are merged when twelve
-- parts of a size have come together instead of five, which halves how often a row is written again. Merging was half of
-- ClickHouse's work while a backlog lands; a reader finds some more parts until then.

ALTER TABLE {{table events_rows}} MODIFY SETTING merge_selector_base = 12;
ALTER TABLE {{table agent_states_rows}} MODIFY SETTING merge_selector_base = 12;
