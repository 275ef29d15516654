/**
 * DiffusionNFT's arithmetic: the loss, the advantages, the soft update. Pure functions without
 * model, optimizer or data.
 */
@NullMarked
package org.diffusionnft.trainer.nft;

import org.jspecify.annotations.NullMarked;
