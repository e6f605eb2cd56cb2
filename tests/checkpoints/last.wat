;; Nothing comes between the signal and the end.
(module
  (import "host" "end" (func $end))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "returns") (result i32) (call $end) (i32.const 7))
  (func (export "exits") (call $end) (call $exit (i32.const 3)))
  (func (export "traps") (call $end) (unreachable)))
