package org.diffusionnft.trainer;

import org.diffusionnft.trainer.nft.NftLoss;

/**
 * One batch at one timestep of each of its images: a forward and a backward pass. Nothing in it may
 * be changed.
 *
 * @param timesteps {@code [B]}
 * @param loss what the loss was a function of
 * @param outcome the loss
 */
public record TrainedBatch(float[] timesteps, NftLoss.Batch loss, NftLoss.Outcome outcome) {}
