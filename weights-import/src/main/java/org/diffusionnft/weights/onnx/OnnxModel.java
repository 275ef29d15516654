package org.diffusionnft.weights.onnx;

import java.nio.file.Path;
import java.util.Map;

/**
 * The contents of a model file.
 *
 * @param file its file
 * @param opsets the version of each domain's operators; the empty name is ONNX's own domain
 * @param graph its computation
 */
public record OnnxModel(Path file, Map<String, Long> opsets, OnnxGraph graph) {}
