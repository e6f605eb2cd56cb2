;; Loops that dispatch: what the head sets is set once an iteration, wherever a frame is
;; suspended; indices beyond the table; operands below the loop; a head that traps.
;; run: --invoke machine 1 100
;; stdout: i32: -1280406748
;; run: --invoke machine 12345 1000
;; stdout: i32: -781223880
;; run: --invoke below 99 100
;; stdout: i32: 1841803189
;; run: --invoke walk 0
;; stdout: i32: 72
;; run: --invoke walk 65300
;; stdout: i32: 653055
;; run: --invoke walk 65505
;; stdout: i32: 1965315
;; run: --invoke walk 65530
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 1)
  (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $machine (export "machine") (param $x i32) (param $steps i32) (result i32)
    (local $sum i32) (local $op i32) (local $n i32) (local $k i32)
    (loop $next
      (block $end
        (block $c7 (block $c6 (block $c5 (block $c4 (block $c3 (block $c2 (block $c1 (block $c0
          (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_table $c0 $c1 $c2 $c3 $c4 $c5 $c6 $c7 $c1 $end $next
            (local.tee $op (select (i32.shr_u (local.get $x) (i32.const 28)) (i32.const 9)
              (i32.lt_u (local.get $n) (local.get $steps))))))
          ;; 0
          (local.set $sum (i32.add (local.get $sum) (local.get $op)))
          (br $next))
          ;; 1 and 8
          (local.set $sum (i32.sub (local.get $sum) (local.get $n)))
          (br_if $next (i32.and (local.get $sum) (i32.const 1)))
          (local.set $sum (i32.xor (local.get $sum) (local.get $x)))
          (br $next))
          ;; 2: memory
          (i32.store (i32.and (local.get $sum) (i32.const 0xfffc)) (local.get $n))
          (br $next))
          ;; 3
          (local.set $sum (i32.add (local.get $sum)
            (i32.load (i32.and (local.get $x) (i32.const 0xfffc)))))
          (br $next))
          ;; 4: a loop
          (local.set $k (i32.and (local.get $x) (i32.const 7)))
          (loop $inner
            (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $k)))
            (br_if $inner (i32.ge_s (local.tee $k (i32.sub (local.get $k) (i32.const 1))) (i32.const 0))))
          (br $next))
          ;; 5: a call
          (local.set $sum (call $twice (local.get $sum)))
          (br $next))
          ;; 6: a function that is suspended
          (local.set $sum (i32.add (local.get $sum) (call $count (local.get $op))))
          (br $next))
          ;; 7
          (local.set $sum (i32.rotl (local.get $sum) (i32.const 5)))
          (br $next))
      (br_if $next (i32.lt_u (local.get $n) (local.get $steps))))
    (i32.add (local.get $sum) (local.get $n)))
  (func $count (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))

  ;; cases with results, above an operand
  (func (export "below") (param $x i32) (param $steps i32) (result i32) (local $sum i32)
    (i32.sub
      (i32.mul (local.get $x) (i32.const 7))
      (block $end (result i32)
        (loop $next
          (block $c5 (block $c4 (block $c3 (block $c2 (block $c1
            (local.get $sum)
            (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
            (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
            (drop)
            (br_table $c1 $c2 $c3 $c4 $c5
              (select (i32.const 4) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 3))
                (i32.eqz (local.get $steps)))))
            (local.set $sum (i32.add (local.get $sum) (local.get $x)))
            (br $next))
            (local.set $sum (i32.sub (local.get $sum) (local.get $x)))
            (br $next))
            (local.set $sum (i32.xor (local.get $sum) (local.get $x)))
            (br $next))
            (local.set $sum (i32.mul (local.get $sum) (local.get $x)))
            (br $next))
          (br $end (local.get $sum)))
        (unreachable))))

  ;; by the bytes from $p on, until an access is out of bounds or $p is below 100
  (func (export "walk") (param $p i32) (result i32) (local $sum i32) (local $byte i32)
    (if (i32.eqz (local.get $p))
      (then (i32.store8 (i32.const 99) (i32.const 9))))
    (loop $next
      (block $c3 (block $c2 (block $c1 (block $c0
        (local.set $byte (i32.load8_u (local.get $p)))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (br_table $c0 $c1 $c2 $c0 $c3 (local.get $byte)))
        (local.set $sum (i32.add (local.get $sum) (local.get $p)))
        (i32.store8 offset=9 (local.get $p) (i32.and (local.get $sum) (i32.const 7)))
        (br $next))
        (local.set $sum (i32.add (local.get $sum) (i32.const 5)))
        (br $next))
        (local.set $sum (i32.mul (local.get $sum) (i32.const 3)))
        (br $next))
      (if (i32.lt_u (local.get $byte) (i32.const 4))
        (then
          (local.set $sum (i32.xor (local.get $sum) (i32.const 0x55)))
          (br $next))))
    (local.get $sum)))
