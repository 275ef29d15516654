/**
 * DiffusionNFT's arithmetic: the loss, the advantages, the soft update. Pure functions that own no
 * model, optimizer or data.
 */
@NullMarked
package org.diffusionnft.trainer.nft;

import org.jspecify.annotations.NullMarked;
