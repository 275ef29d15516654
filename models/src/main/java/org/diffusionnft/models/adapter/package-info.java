/** Low-rank adapters, and which of them a forward pass uses. */
@NullMarked
package org.diffusionnft.models.adapter;

import org.jspecify.annotations.NullMarked;
