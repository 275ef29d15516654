package org.diffusionnft.trainer;

import org.diffusionnft.trainer.nft.NftLoss;

/**
 * One batch at one timestep of each of its images: a forward and a backward pass. None of it may be
 * modified.
 *
 * @param timesteps {@code [B]}
 * @param loss the inputs of the loss
 * @param outcome the loss and its gradient
 */
public record TrainedBatch(float[] timesteps, NftLoss.Batch loss, NftLoss.Outcome outcome) {}
