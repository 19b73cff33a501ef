"""Image and audio models of keras-hub, without their preprocessors."""

import keras
import keras_hub


def vit_image_classifier() -> keras.Model:
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(32, 32, 3), patch_size=16, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=16
    )
    return keras_hub.models.ViTImageClassifier(backbone, num_classes=4, preprocessor=None)


def resnet_image_classifier() -> keras.Model:
    """A classifier of images of any size; the library fixes the first number of filters."""
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 8],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
    )
    return keras_hub.models.ResNetImageClassifier(backbone, num_classes=3, preprocessor=None)


def clip_backbone() -> keras.Model:
    """Images and texts in one space: each image is compared with each text."""
    shared = {"hidden_dim": 8, "num_layers": 1, "num_heads": 2, "intermediate_dim": 16}
    images = keras_hub.models.CLIPVisionEncoder(patch_size=16, image_shape=(32, 32, 3), **shared)
    texts = keras_hub.models.CLIPTextEncoder(vocabulary_size=50, embedding_dim=8, max_sequence_length=16, **shared)
    return keras_hub.models.CLIPBackbone(images, texts, projection_dim=4)


def whisper_backbone() -> keras.Model:
    """Audio features for the encoder, tokens for the decoder."""
    return keras_hub.models.WhisperBackbone(
        vocabulary_size=50,
        num_layers=1,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        num_mels=8,
        max_encoder_sequence_length=32,
        max_decoder_sequence_length=16,
    )
