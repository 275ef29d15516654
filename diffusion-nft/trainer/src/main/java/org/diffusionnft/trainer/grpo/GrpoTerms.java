package org.diffusionnft.trainer.grpo;

/**
 * The numbers logged of one evaluation of {@link GrpoLoss}.
 *
 * @param loss what is minimised
 * @param policyLoss without the pull to the reference
 * @param kl divergence of the steps of the policy from those of the reference, not weighted; 0 if
 *     the reference was not run
 * @param approxKl {@code mean((log p - log p_old)²) / 2}
 * @param clipFraction share of samples whose ratio is out of {@code 1 ± clipRange}
 * @param clipFractionAbove share above {@code 1 + clipRange}
 * @param clipFractionBelow share below {@code 1 - clipRange}
 */
public record GrpoTerms(
    double loss,
    double policyLoss,
    double kl,
    double approxKl,
    double clipFraction,
    double clipFractionAbove,
    double clipFractionBelow) {}
