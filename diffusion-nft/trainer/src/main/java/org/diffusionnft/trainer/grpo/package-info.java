/** Group-relative policy optimization of flow models: Flow-GRPO and DanceGRPO, the rivals. */
@NullMarked
package org.diffusionnft.trainer.grpo;

import org.jspecify.annotations.NullMarked;
