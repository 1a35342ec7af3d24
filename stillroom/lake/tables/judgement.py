"""Tables of what is known of samples, and of those who judge them."""

from stillroom.lake.table import Table, columns_from

JUDGEMENT = (
    Table(
        "verdicts",
        "One verifier's conclusion about one sample.",
        columns_from("""
        sample_id VARCHAR | the sample
        check_id VARCHAR | the check it was judged by
        verifier VARCHAR | name@version
        verifier_id VARCHAR | name, configuration and image digest
        image_digest VARCHAR | of the sandbox's root file system
        calibration_id VARCHAR | the calibration it stands on, or empty
        outcome VARCHAR | pass, fail or abstain
        reason VARCHAR | a word that groups, empty for a pass
        detail VARCHAR | the evidence
        tests_passed INTEGER | tests that held
        tests_total INTEGER | tests there are
        cpu_seconds DOUBLE | of the execution
        wall_seconds DOUBLE | of the execution
        peak_memory_bytes BIGINT | of the execution
        """),
        partitioned_by=("run_id",),
        sorted_by="sample_id",
    ),
    Table(
        "test_strengths",
        "How strong a check's tests are: which wrong programs they let through. The newest row of a check counts.",
        columns_from("""
        check_id VARCHAR | the check
        prompt_id VARCHAR | its prompt
        measure VARCHAR | name@version
        measure_id VARCHAR | name, configuration and image digest
        solution_from VARCHAR | whose mutants were tried: reference, or a sample_id
        strength DOUBLE | killed / (mutants - set_aside); 0 where a trivial solution passes, null where unknown
        mutants INTEGER | mutants of the solution that the tests judged
        undecided INTEGER | mutants on which the tests came to no verdict; left out of the strength
        killed INTEGER | of those that were judged, failed
        set_aside INTEGER | likewise, equal to the solution on all generated inputs, at least 200
        inputs INTEGER | generated inputs on which behaviour was compared, 0 where no mutant passed
        trivial_passes INTEGER | solutions that understand nothing and pass
        trivial_pass VARCHAR | the first of them, or empty
        survivors VARCHAR[] | mutants that pass: line, operator and change
        problem VARCHAR | why nothing could be measured, or empty
        programs BIGINT | programs that were run for it
        cpu_seconds DOUBLE | that they took
        """),
        sorted_by="prompt_id",
    ),
    Table(
        "scores",
        "A number that a scorer gave a sample.",
        columns_from("""
        sample_id VARCHAR | the sample
        scorer VARCHAR | name@version
        value DOUBLE | the score
        """),
        partitioned_by=("run_id",),
        sorted_by="sample_id",
    ),
    Table(
        "calibrations",
        "How good verifiers were measured to be, on cases whose verdict is known. The newest row of an id counts.",
        columns_from("""
        calibration_id VARCHAR | identity of the measurement: verifier_id and set_id
        verifier VARCHAR | name@version
        verifier_id VARCHAR | name, configuration and image digest
        case_set VARCHAR | which cases: shipped, a file, or the mutants of either
        set_id VARCHAR | identity of the cases' content
        good_cases BIGINT | answers it must accept
        good_passed BIGINT | of these, accepted
        bad_cases BIGINT | answers it must reject
        bad_passed BIGINT | of these, accepted
        true_pass_low DOUBLE | Wilson interval
        true_pass_high DOUBLE | Wilson interval
        false_pass_low DOUBLE | Wilson interval
        false_pass_high DOUBLE | Wilson interval
        set_aside BIGINT | mutants that pass and cannot be told from their originals; not counted
        undecided BIGINT | bad cases without a verdict: mutants also where the original fails; not counted
        misjudged VARCHAR[] | ids of good cases that did not pass and of bad ones that did
        """),
    ),
)
