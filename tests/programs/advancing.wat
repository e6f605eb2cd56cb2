;; Loops that move a local towards a limit by amounts that differ: in both directions,
;; of both types, for all orders; over none and many polls; to the ends of the type's
;; range, where those that pass the limit go on and are ended after 100000 iterations; and
;; beginning behind the limit.
;; run: --invoke below 0 20000
;; stdout: i32: 1400928883
;; run: --invoke below -5000 -3
;; stdout: i32: -1336748844
;; run: --invoke below -5000 -1
;; stdout: i32: -1227495509
;; run: --invoke below 7 3
;; stdout: i32: 7
;; run: --invoke at_most -9000 9000
;; stdout: i32: 1873956981
;; run: --invoke at_most 2147480000 2147483647
;; stdout: i32: 1844229118
;; run: --invoke at_most 5 5
;; stdout: i32: 5
;; run: --invoke above 9000 -9000
;; stdout: i32: -774466124
;; run: --invoke above -2147480000 -2147483648
;; stdout: i32: -1588206693
;; run: --invoke above 1 2
;; stdout: i32: 1
;; run: --invoke at_least 20000 5
;; stdout: i32: -495187455
;; run: --invoke at_least 3000 0
;; stdout: i32: -966799224
;; run: --invoke at_least 3000 2
;; stdout: i32: 1259121250
;; run: --invoke wide_below 4294967000 4294980000
;; stdout: i32: 1274064616
;; run: --invoke wide_below 9223372036854770000 9223372036854775806
;; stdout: i32: -34653967
;; run: --invoke wide_at_most 0 9000
;; stdout: i32: 932769247
;; run: --invoke wide_at_most -5000 -1
;; stdout: i32: -1691884577
;; run: --invoke wide_above 4294980000 4294967000
;; stdout: i32: -1536631763
;; run: --invoke wide_above 9000 0
;; stdout: i32: -197493972
;; run: --invoke wide_at_least 9000 -9000
;; stdout: i32: 926052988
;; run: --invoke wide_at_least -9223372036854770000 -9223372036854775808
;; stdout: i32: -40010670
(module
  (func (export "below") (param $v i32) (param $end i32) (result i32)
    (local $step i32) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (local.get $v)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i32.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i32.const 4))
          (br $chosen))
        (local.set $step (i32.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i32.lt_u (local.tee $v (i32.add (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "at_most") (param $v i32) (param $end i32) (result i32)
    (local $step i32) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (local.get $v)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i32.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i32.const 4))
          (br $chosen))
        (local.set $step (i32.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i32.le_s (local.tee $v (i32.add (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "above") (param $v i32) (param $end i32) (result i32)
    (local $step i32) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (local.get $v)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i32.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i32.const 4))
          (br $chosen))
        (local.set $step (i32.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i32.gt_s (local.tee $v (i32.sub (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "at_least") (param $v i32) (param $end i32) (result i32)
    (local $step i32) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (local.get $v)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i32.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i32.const 4))
          (br $chosen))
        (local.set $step (i32.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i32.ge_u (local.tee $v (i32.sub (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "wide_below") (param $v i64) (param $end i64) (result i32)
    (local $step i64) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (i32.wrap_i64 (local.get $v))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i64.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i64.const 4))
          (br $chosen))
        (local.set $step (i64.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i64.lt_s (local.tee $v (i64.add (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "wide_at_most") (param $v i64) (param $end i64) (result i32)
    (local $step i64) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (i32.wrap_i64 (local.get $v))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i64.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i64.const 4))
          (br $chosen))
        (local.set $step (i64.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i64.le_u (local.tee $v (i64.add (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "wide_above") (param $v i64) (param $end i64) (result i32)
    (local $step i64) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (i32.wrap_i64 (local.get $v))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i64.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i64.const 4))
          (br $chosen))
        (local.set $step (i64.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i64.gt_u (local.tee $v (i64.sub (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash))
  (func (export "wide_at_least") (param $v i64) (param $end i64) (result i32)
    (local $step i64) (local $hash i32) (local $n i32)
    (loop $l
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 1103515245)) (i32.wrap_i64 (local.get $v))))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (block $chosen
        (local.set $step (i64.const 1))
        (br_if $chosen (i32.and (local.get $hash) (i32.const 0x10000)))
        (block $even
          (br_if $even (i32.and (local.get $hash) (i32.const 0x20000)))
          (local.set $step (i64.const 4))
          (br $chosen))
        (local.set $step (i64.const 2)))
      (if (i32.gt_u (local.get $n) (i32.const 100000)) (then (return (local.get $hash))))
      (br_if $l (i64.ge_s (local.tee $v (i64.sub (local.get $v) (local.get $step)))
                           (local.get $end))))
    (local.get $hash)))
