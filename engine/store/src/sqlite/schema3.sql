-- The newest runs of a flow in one state, however many there are.
CREATE INDEX run_flow_state ON run (flow, state, started_us);
