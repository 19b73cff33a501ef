"""Architectures of keras.applications, for small images and with few filters."""

import keras

IMAGE = (32, 32, 3)


def mobilenet_v2() -> keras.Model:
    """A classifier with named classes."""
    return keras.applications.MobileNetV2(IMAGE, alpha=0.35, weights=None, classes=4, name="flower_classifier")


def efficientnet_b0_features() -> keras.Model:
    """The features of images of any size, without a classifier."""
    return keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(None, None, 3))


def mobilenet_v3_transfer() -> keras.Model:
    """The usual transfer learning: a pretrained body, pooling, dropout and a classifier."""
    body = keras.applications.MobileNetV3Small(IMAGE, include_top=False, weights=None, include_preprocessing=True)
    body.trainable = False
    image = keras.Input(IMAGE, name="image")
    pooled = keras.layers.GlobalAveragePooling2D()(body(image, training=False))
    hidden = keras.layers.Dropout(0.2)(pooled)
    return keras.Model(image, keras.layers.Dense(5, activation="softmax", name="breed")(hidden), name="dog_breeds")
