/** Group-relative policy optimization of flow models: the baselines Flow-GRPO and DanceGRPO. */
@NullMarked
package org.diffusionnft.trainer.grpo;

import org.jspecify.annotations.NullMarked;
