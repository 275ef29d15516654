/** Pretraining of the ShapesWorld model by flow matching: batches, the loop, exact resumption. */
@NullMarked
package org.diffusionnft.shapes.pretrain;

import org.jspecify.annotations.NullMarked;
