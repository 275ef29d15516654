package org.diffusionnft.trainer;

import org.diffusionnft.models.adapter.Adapter;
import org.jspecify.annotations.Nullable;

/**
 * The adapters that a pass over an epoch's images needs in addition to the policy that sampled
 * them.
 *
 * @param trained the policy in training, which every optimizer step changes
 * @param average the average as it was when the pass began, if the algorithm pulls to it
 */
public record Policies(Adapter trained, @Nullable Adapter average) {}
