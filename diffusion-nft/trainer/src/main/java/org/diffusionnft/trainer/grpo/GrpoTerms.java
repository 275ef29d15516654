package org.diffusionnft.trainer.grpo;

/**
 * The logged values of one evaluation of {@link GrpoLoss}.
 *
 * @param loss what is minimised
 * @param policyLoss without the pull to the reference
 * @param kl KL divergence between the steps of the policy and those of the reference, not weighted;
 *     0 if the reference was not run
 * @param approxKl {@code mean((log p - log p_old)²) / 2}
 * @param clipFraction fraction of samples whose ratio is outside {@code 1 ± clipRange}
 * @param clipFractionAbove fraction above {@code 1 + clipRange}
 * @param clipFractionBelow fraction below {@code 1 - clipRange}
 */
public record GrpoTerms(
    double loss,
    double policyLoss,
    double kl,
    double approxKl,
    double clipFraction,
    double clipFractionAbove,
    double clipFractionBelow) {}
