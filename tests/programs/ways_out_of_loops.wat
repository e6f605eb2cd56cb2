;; Loops in which lies what follows them, as compilers put it: reached to leave them only.
;; run: --invoke two_stores 0 100
;; stdout: i32: 387247953
;; run: --invoke two_stores 0 0
;; stdout: i32: -295275611
;; run: --invoke two_stores 0 1
;; stdout: i32: -295275611
;; run: --invoke two_stores 0 60000
;; stdout: i32: 626463116
;; run: --invoke two_stores 65528 65536
;; stdout: i32: 65629
;; run: --invoke two_stores 65528 65540
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke chain 10
;; stdout: i32: 433773680
;; run: --invoke chain 16000
;; stdout: i32: 1707950108
;; run: --invoke chain 17000
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke searches 100
;; stdout: i32: 435985828
;; run: --invoke searches 70000
;; status: 134
;; stderr: wasm trap: out of bounds memory access
;; run: --invoke returns_inside 100
;; stdout: i32: 600895794
;; run: --invoke returns_inside 300
;; stdout: i32: -1540614506
;; run: --invoke returns_inside 16100
;; stdout: i32: -579469198
;; run: --invoke returns_inside 65000
;; status: 134
;; stderr: wasm trap: out of bounds memory access
(module
  (memory 1)
  (func $sum (result i32) (local $p i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 31))
                             (i32.load (local.get $p))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (br_if $l (i32.lt_u (local.get $p) (i32.const 65536))))
    (local.get $s))
  ;; The last iteration ends at the test, with one store of two.
  (func (export "two_stores") (param $i i32) (param $end i32) (result i32)
    (loop $l
      (i32.store (local.get $i) (i32.const 3))
      (block $on
        (local.set $i (i32.add (local.get $i) (i32.const 8)))
        (br_if $on (i32.lt_u (local.get $i) (local.get $end)))
        (return (i32.add (call $sum) (local.get $i))))
      (i32.store offset=4 (local.get $i) (local.get $i))
      (br $l))
    (unreachable))
  ;; Loops whose result is the function's, since their ends are not reached.
  (func (export "returns_inside") (param $n i32) (result i32) (local $p i32) (local $rounds i32)
    (loop $rounds (result i32)
      (local.set $p (i32.const 0))
      (loop $l (result i32)
        (i32.store (local.get $p)
          (i32.add (i32.load offset=4 (local.get $p)) (i32.load offset=1024 (local.get $p))))
        (block $on
          (br_if $on (i32.ne (local.get $p) (i32.mul (local.get $n) (i32.const 4))))
          (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
          (br_if $rounds (i32.lt_u (local.get $rounds) (i32.const 3)))
          (return (call $sum)))
        (i32.store offset=4 (local.get $p)
          (i32.add (i32.load offset=8 (local.get $p)) (local.get $rounds)))
        (local.set $p (i32.add (local.get $p) (i32.const 8)))
        (br $l))))
  ;; Each loop lies in what leaves the one before, the last goes on with the first.
  (func (export "chain") (param $n i32) (result i32)
        (local $p i32) (local $q i32) (local $rounds i32) (local $d i32)
    (block $out
      (loop $rounds
        (local.set $p (i32.const 0))
        (loop $first
          (i32.store (local.get $p) (i32.add (i32.load offset=8 (local.get $p)) (local.get $p)))
          (block $on
            (local.set $p (i32.add (local.get $p) (i32.const 4)))
            (br_if $on (i32.ne (local.get $p) (i32.mul (local.get $n) (i32.const 4))))
            (local.set $q (i32.const 0))
            (loop $second
              (i32.store8 offset=1 (local.get $q) (i32.add (i32.load8_u (local.get $q)) (i32.const 3)))
              (block $on2
                (local.set $q (i32.add (local.get $q) (i32.const 1)))
                (br_if $on2 (i32.lt_s (local.get $q) (local.get $n)))
                (local.set $d (i32.add (local.get $d) (call $sum)))
                (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
                (br_if $rounds (i32.lt_u (local.get $rounds) (i32.const 3)))
                (br $out))
              (i32.store8 offset=40 (local.get $q) (local.get $q))
              (br $second)))
          (i32.store offset=400 (local.get $p) (local.get $p))
          (br $first))))
    (local.get $d))
  ;; Nothing counts here; calls are on the ways out only.
  (func (export "searches") (param $value i32) (result i32) (local $p i32)
    (i32.store8 offset=5000 (i32.const 0) (i32.const 100))
    (loop $l
      (block $on
        (block $found
          (br_if $found (i32.eq (i32.load8_u (local.get $p)) (local.get $value)))
          (local.set $p (i32.add (local.get $p) (i32.const 1)))
          (br $on))
        (br_if $on (i32.eqz (local.get $p)))
        (return (i32.add (call $sum) (local.get $p))))
      (br $l))
    (unreachable)))
