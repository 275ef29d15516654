/** Tools for whole checkpoints: conversion, merging, inspection, synthesis. */
@NullMarked
package org.diffusionnft.pipeline.checkpoint;

import org.jspecify.annotations.NullMarked;
