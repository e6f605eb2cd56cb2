;; Each stage of a start notes that it is done, after a loop of seconds.
(module
  (global $stage (mut i32) (i32.const 1))
  (func $spin (local i32)
    (loop $again (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (br_if $again (i32.lt_u (i32.rotl (local.get 0) (i32.const 5)) (i32.const 0xffffffe0)))))
  (func $first (call $spin) (global.set $stage (i32.mul (global.get $stage) (i32.const 10))))
  (start $first)
  (func (export "_initialize") (call $spin) (global.set $stage (i32.add (global.get $stage) (i32.const 2))))
  (func (export "run") (param i64) (result i64)
    (call $spin) (i64.add (local.get 0) (i64.extend_i32_u (global.get $stage)))))
