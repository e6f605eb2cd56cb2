;; What docs/examples/embed.c runs: counts primes up to a limit, and tells the host of each thousandth.
(module
  (import "host" "found" (func $found (param i32 i32)))
  (memory (export "memory") 1)

  (func $is_prime (param $n i32) (result i32) (local $d i32)
    (local.set $d (i32.const 2))
    (block $yes
      (loop $next
        (br_if $yes (i32.gt_u (i32.mul (local.get $d) (local.get $d)) (local.get $n)))
        (if (i32.eqz (i32.rem_u (local.get $n) (local.get $d))) (then (return (i32.const 0))))
        (local.set $d (i32.add (local.get $d) (i32.const 1)))
        (br $next)))
    (i32.const 1))

  ;; Their number; the largest is left in memory.
  (func (export "count") (param $limit i32) (result i32) (local $n i32) (local $count i32)
    (local.set $n (i32.const 2))
    (block $done
      (loop $next
        (br_if $done (i32.gt_u (local.get $n) (local.get $limit)))
        (if (call $is_prime (local.get $n)) (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (i32.store (i32.const 0) (local.get $n))
          (if (i32.eqz (i32.rem_u (local.get $count) (i32.const 1000)))
            (then (call $found (local.get $count) (local.get $n))))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $count))

  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1))))
