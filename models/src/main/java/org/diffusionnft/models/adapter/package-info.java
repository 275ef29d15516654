/** Low-rank adapters, and the forward pass options that select one. */
@NullMarked
package org.diffusionnft.models.adapter;

import org.jspecify.annotations.NullMarked;
