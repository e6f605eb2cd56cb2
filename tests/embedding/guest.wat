;; What tests/embedding/check.c loads.
(module
  (import "host" "step" (func $step (param i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (table funcref (elem $sum))

  (func (export "_initialize") (global.set $ready (i32.const 1)))
  (func (export "ready") (result i32) (global.get $ready))

  ;; 1 + … + n; tells the host of each.
  (func $sum (export "sum") (param $n i32) (result i64) (local $i i32) (local $sum i64)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $i) (local.get $n)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
        (i32.store (i32.const 8) (local.get $i))
        (call $step (local.get $i))
        (br $next)))
    (local.get $sum))

  ;; An exception that is held while sum runs, and thrown again: its value.
  (tag $number (export "number") (param i32))
  (func (export "hold") (param $n i32) (result i64)
    (try
      (do (throw $number (local.get $n)))
      (catch $number
        (drop)
        (drop (call $sum (local.get $n)))
        (try
          (do (rethrow 1))
          (catch $number (return (i64.extend_i32_u))))))
    unreachable)
  (func (export "throw_many") (param $n i32)
    (loop $next
      (try (do (throw $number (local.get $n))) (catch $number (drop)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "throw") (throw $number (i32.const 1)))

  (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func (export "spin") (param $n i64) (result i64)
    (loop $next (br_if $next (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
    (local.get $n))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func $recurse (export "recurse") (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (local.get 0))))
  (func (export "leave") (call $proc_exit (i32.const 7)))
  (func (export "n_args") (result i32)
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (i32.load (i32.const 16))))
